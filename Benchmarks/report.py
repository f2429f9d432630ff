"""The text of a result: Markdown for the terminal, and for the file that is kept."""

import statistics


class Output:
    """What was said stands in the file at once, so that a run that is interrupted keeps what it found."""

    def __init__(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        path.write_text("")

    def say(self, text=""):
        print(text, flush=True)
        with self.path.open("a") as file:
            file.write(text + "\n")

    def table(self, titles, rows):
        self.say("| " + " | ".join(titles) + " |")
        self.say("|" + "---|" * len(titles))
        for row in rows:
            self.say("| " + " | ".join(str(cell) for cell in row) + " |")
        self.say()


def median(found, key):
    """The median over the rounds, or None where there was nothing to measure."""
    values = [item[key] for item in found if item.get(key) is not None]
    return statistics.median(values) if values else None


def show(value, digits=1):
    return "" if value is None else f"{value:,.{digits}f}"
