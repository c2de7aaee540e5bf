"""program_results.py TESTLOG.json LABEL RESULTS: counts the cases of the cmocka programs that meson ran, and prints what failed."""

import json
import sys

log, label, results = sys.argv[1:]
with open(log) as f:
    programs = [json.loads(line) for line in f if line.strip()]

with open(results, "a") as out:
    for program in programs:
        name = (label + "/" if label else "") + program["name"].split(" / ")[-1].split(":")[-1].strip()
        text = (program.get("stdout") or "") + (program.get("stderr") or "")
        lines = text.splitlines()
        passed = sum(line.startswith("[       OK ]") for line in lines)
        started = sum(line.startswith("[ RUN      ]") for line in lines)
        skipped = sum(line.startswith("[  SKIPPED ] ") and "test(s)" not in line for line in lines)
        failed = max(0, started - passed - skipped)
        good = program["result"] in ("OK", "SKIP", "EXPECTEDFAIL")
        if started == 0:
            passed, failed = (1, 0) if good else (0, 1)
        elif not good and failed == 0:
            failed = 1
        print(passed, failed, name, file=out)
        seconds = program.get("duration", 0)
        if good:
            print(f"  pass  {name} ({passed} checks, {seconds:.1f} s)")
        else:
            print(f"  FAIL  {name} ({passed} passed, {failed} failed, {program['result']}, {seconds:.1f} s)")
            for line in lines[-40:]:
                print("        | " + line[:300])
