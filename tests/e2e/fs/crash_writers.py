"""crash_writers.py TABLE ACKS ROUND: a hundred writers, each with its own item and one that all share, until the mount dies.

What is tried is noted before, what fsync acknowledged after, in ACKS/WRITER as lines "try N" and "ack N".
"""

import os
import sys
import threading

table, acks, turn = sys.argv[1:]
base = int(turn) * 1_000_000
started = threading.Barrier(100)


def text(who, n):
    return b'{"n": %d, "who": %d, "pad": "%s"}' % (n, who, b"%d" % (n % 10) * (n % 7 * 700 + 10))


def writer(who):
    log = os.open(f"{acks}/{who}", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    started.wait()
    if who == 0:
        open(f"{acks}/started", "w").close()
    n = base
    while True:
        n += 1
        os.write(log, b"try %d\n" % n)
        try:
            fd = os.open(f"{table}/w{who}.json", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            try:
                data = text(who, n)
                for at in range(0, len(data), 1024):
                    os.write(fd, data[at:at + 1024])
                if who % 2 == 0:
                    os.fsync(fd)
            finally:
                os.close(fd)
            if who % 2 == 0:
                os.write(log, b"ack %d\n" % n)
            with open(f"{table}/shared.json", "wb", buffering=0) as f:
                f.write(text(-1, n))
            if n % 5 == 0:
                os.rename(f"{table}/w{who}.json", f"{table}/v{who}.json")
                os.rename(f"{table}/v{who}.json", f"{table}/w{who}.json")
        except OSError:
            return


threads = [threading.Thread(target=writer, args=(who,)) for who in range(100)]
for t in threads:
    t.start()
for t in threads:
    t.join()
