"""Golden scripts through a real cqlsh: golden.py PORT CONTROL_PORT CQLSH KNOWN FILE... Prints blocks that differ and are not known to."""
import os
import re
import subprocess
import sys

port, _, cqlsh, known, *files = sys.argv[1:]


class Cqlsh:
    """One cqlsh process; outputs are told apart by what SHOW HOST prints."""

    def __init__(self):
        env = dict(os.environ, PYTHONUNBUFFERED="1", TZ="UTC", PYTHONWARNINGS="ignore", HOME=os.path.dirname(cqlsh))
        self.process = subprocess.Popen([cqlsh, "--no-color", "127.0.0.1", port], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True, env=env, bufsize=1)
        self.run("")

    def run(self, text):
        self.process.stdin.write(text + "\nSHOW HOST\n")
        self.process.stdin.flush()
        lines = []
        for line in self.process.stdout:
            if line.startswith("Connected to "):
                return lines
            lines.append(line)
        return lines + ["(cqlsh ended)"]


def tidy(lines):
    text = re.sub(r"<stdin>:\d+:", "", "".join(lines))
    lines = [it.rstrip() for it in text.split("\n") if not it.startswith("WARNING: cqlsh was built")]
    while lines and not lines[0]:
        lines.pop(0)
    while lines and not lines[-1]:
        lines.pop()
    return [it or "." for it in lines]


def compared(lines):
    """Of a syntax error the class and the place count: what is said beyond is Ringscope's own, as in tests/golden.rs."""
    return [re.sub(r"^(SyntaxException: line -?\d+:-?\d+) .*", r"\1", it) for it in lines]


known = {line.split(" ")[0] for line in open(known)}
wrong = equal = 0
for path in files:
    shell, line, text = Cqlsh(), 1, open(path).read()
    for chunk in re.split(r"(\n[ \t]*\n)", text):
        lines = chunk.split("\n")
        body = [it for it in lines if not it.startswith("#")]
        first = line + next((n for n, it in enumerate(lines) if not it.startswith("#")), 0)
        line += chunk.count("\n")
        # What starts with an exclamation mark is done to the cluster, and not for cqlsh.
        if "---" not in body or body[0].startswith("!"):
            continue
        at = body.index("---")
        expected = [it for it in body[at + 1:] if it != ""]
        came = tidy(shell.run("\n".join(body[:at])))
        place = f"{os.path.basename(path)}:{first}"
        if compared(came) == compared(expected):
            equal += 1
        elif place not in known:
            wrong += 1
            print(f"{place}\n  wanted: {expected}\n  came:   {came}")
print(f"{equal} equal, {wrong} differ")
sys.exit(wrong > 0 or equal == 0)
