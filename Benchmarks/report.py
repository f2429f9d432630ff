"""Writes results as Markdown to the terminal and to a file."""

import statistics


class Output:
    """Writes each line to the file immediately, so that an interrupted run keeps its results."""

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
    """The median over the rounds, or None if nothing was measured."""
    values = [item[key] for item in found if item.get(key) is not None]
    return statistics.median(values) if values else None


def show(value, digits=1):
    return "" if value is None else f"{value:,.{digits}f}"
