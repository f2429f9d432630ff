"""Log of the records that the server acknowledged in a round."""

import os
import queue
import threading


class Acknowledgements:
    """Appends keys of acknowledged records to a file, one per line, and syncs it to disk."""

    def __init__(self, path):
        self.file = open(path, "a", encoding="ascii")  # noqa: SIM115 (close() closes it)
        self.lines = queue.SimpleQueue()
        self.thread = threading.Thread(target=self._write)
        self.thread.start()

    def add(self, keys):
        self.lines.put(keys)

    def close(self):
        self.lines.put(None)
        self.thread.join()
        self.file.close()

    def _write(self):
        while (keys := self.lines.get()) is not None:
            group = list(keys)
            while not self.lines.empty() and (keys := self.lines.get()) is not None:
                group += keys
            self.file.write("".join(key + "\n" for key in group))
            self.file.flush()
            os.fdatasync(self.file.fileno())
            if keys is None:
                return
