"""Formats the results of a run."""

HEAD = ("fixture", "engine", "metric", "ours", "expected", "equal")


def line(row):
    text = f"{row.fixture} | {row.engine} | {row.metric} | {row.ours} | {row.expected} | {'yes' if row.is_equal else 'NO'}"
    if row.library_agrees is not None:
        text += f" | web-vitals {row.library}{'' if row.library_agrees else ' (not the expected value)'}"
    return text


def markdown(rows, failures):
    lines = ["| " + " | ".join(HEAD) + " |", "|" + " --- |" * len(HEAD)]
    for row in rows:
        cells = (row.fixture, row.engine, row.metric, row.ours, row.expected, "yes" if row.is_equal else "**no**")
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    lines += [f"| {name} | {engine} | – | – | – | **no**: {failure} |" for name, engine, failure in failures]
    return "\n".join(lines)


def summary(rows, failures, seconds):
    """One line for each engine, and the total."""
    lines = []
    names = list(dict.fromkeys([row.engine for row in rows] + [engine for _, engine, _ in failures]))
    for engine in names:
        own = [row for row in rows if row.engine == engine]
        visited = {row.fixture.split(" (")[0] for row in own} | {name for name, where, _ in failures if where == engine}
        lines.append(f"{engine}: {len(visited)} fixtures, {_equal(own)}")
    lines.append(f"total: {_equal(rows)}, {len(failures)} fixtures failed, {seconds:.0f} s")
    compared = [row for row in rows if row.library_agrees is not None]
    if compared:
        lines.append(f"web-vitals agrees with the expected value in {sum(row.library_agrees for row in compared)} of {len(compared)}")
    return "\n".join(lines)


def _equal(rows):
    return f"{sum(row.is_equal for row in rows)} of {len(rows)} values equal"
