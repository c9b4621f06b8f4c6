"""Peer of perf/codecs.mjs: libsndfile through python-soundfile, in memory.

Usage: python3 sndfile.py CLIP.f32 FOLDER; a line NAME on stdin gives the seconds of one call. NAME is
`mp3` or `opus` (a round trip of the clip), or `read PATH` (decode a file of FOLDER to float32).
"""
import io, sys, time


import numpy as np
import soundfile

RATE = 16000
x = np.fromfile(sys.argv[1], np.float32)


def round_trip(kind, subtype):
    sink = io.BytesIO()
    soundfile.write(sink, x, RATE, format=kind, subtype=subtype)
    sink.seek(0)
    return soundfile.read(sink, dtype="float32")


work = {
    "mp3": lambda: round_trip("MP3", "MPEG_LAYER_III"),
    "opus": lambda: round_trip("OGG", "OPUS"),
}
assert "MP3" in soundfile.available_formats()
print(f"python-soundfile {soundfile.__version__}, {soundfile.__libsndfile_version__}", flush=True)
for line in sys.stdin:
    name = line.strip()
    run = work.get(name) or (lambda: soundfile.read(sys.argv[2] + "/" + name[5:], dtype="float32"))
    calls, start = 0, time.perf_counter()
    while True:
        run()
        calls += 1
        elapsed = time.perf_counter() - start
        if elapsed > 0.05:
            break
    print(elapsed / calls, flush=True)
