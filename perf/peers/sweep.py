"""Python pipelines for perf/sweep.mjs: read, corrupt, features, scores.

Usage: python3 sweep.py CONFIG.json WAY; then one line "run PROCESSES" on stdin gives one line of JSON.
WAY `straightforward` sends codecs through two ffmpeg processes, as pydub and most scripts do it; `careful`
through libsndfile in memory, at its own bit rates.
"""
import io, json, multiprocessing, subprocess, sys, time
import numpy as np, scipy
from scipy.fft import dct, rfft
from scipy.io import wavfile
from scipy.signal import butter, lfilter

RATE = 16000
config = json.load(open(sys.argv[1]))
careful = sys.argv[2] == 'careful'
if careful:
    import soundfile

def gaussian_noise(x, snr_db, rng):
    sd = np.sqrt(np.mean(x ** 2) / 10 ** (snr_db / 10))
    return x + rng.standard_normal(len(x)).astype(np.float32) * sd

def smooth(x, window, rng):
    y = np.zeros_like(x)
    y[: len(x) - window + 1] = np.convolve(x, np.ones(window, np.float32) / window, 'valid')
    return y

def echo(x, gain, rng):
    y = x.copy()
    y[1599:] += gain * x[:-1599]
    return y * (np.abs(x).max() / np.abs(y).max())

def low_pass(x, ratio, rng):
    b, a = butter(5, ratio, 'low')
    return lfilter(b, a, x).astype(np.float32)

def high_pass(x, ratio, rng):
    b, a = butter(5, ratio, 'high')
    return lfilter(b, a, x).astype(np.float32)

def quantize(x, levels, rng):
    low, high = x.min(), x.max()
    return np.round((x - low) / (high - low) * (levels - 1)) / (levels - 1) * (high - low) + low

def codec_in_memory(kind, subtype):
    def apply(x, kbits, rng):
        sink = io.BytesIO()
        soundfile.write(sink, np.clip(x, -1, 1), RATE, format=kind, subtype=subtype)
        sink.seek(0)
        y = soundfile.read(sink, dtype='float32')[0]
        return y[:len(x)] if len(y) >= len(x) else np.pad(y, (0, len(x) - len(y)))
    return apply

def codec(container, encoder):
    def apply(x, kbits, rng):
        raw = ['-f', 's16le', '-ar', str(RATE), '-ac', '1']
        quiet = ['ffmpeg', '-v', 'error']
        pcm = (np.clip(x, -1, 1) * 32767).astype('<i2').tobytes()
        coded = subprocess.run(quiet + raw + ['-i', '-', '-c:a', encoder, '-b:a', f'{kbits}k', '-f', container, '-'],
                               input=pcm, capture_output=True, check=True).stdout
        back = subprocess.run(quiet + ['-i', '-'] + raw + ['-'], input=coded, capture_output=True, check=True).stdout
        y = np.frombuffer(back, '<i2').astype(np.float32) / 32768
        return np.resize(y, len(x)) if len(y) >= len(x) else np.pad(y, (0, len(x) - len(y)))
    return apply

APPLY = {
    'gaussian-noise': gaussian_noise, 'smooth': smooth, 'echo': echo, 'low-pass': low_pass,
    'high-pass': high_pass, 'quantize': quantize,
    'mp3': codec_in_memory('MP3', 'MPEG_LAYER_III') if careful else codec('mp3', 'libmp3lame'),
    'opus': codec_in_memory('OGG', 'OPUS') if careful else codec('ogg', 'libopus'),
}

# Linear filter bank and a mixture of the size that ours has; values do not matter for the time.
FFT, HOP, WINDOW, FILTERS = 512, 160, 320, 20
edges = np.linspace(0, FFT // 2, FILTERS + 2)
bins = np.arange(FFT // 2 + 1)
BANK = np.maximum(0, np.minimum((bins - edges[:-2, None]) / np.diff(edges)[:-1, None],
                                (edges[2:, None] - bins) / np.diff(edges)[1:, None])).T
HANN = np.hanning(WINDOW)

def deltas(c):
    padded = np.pad(c, ((2, 2), (0, 0)), 'edge')
    return (padded[3:-1] - padded[1:-3] + 2 * (padded[4:] - padded[:-4])) / 10

def lfcc(x):
    frames = np.lib.stride_tricks.sliding_window_view(x, WINDOW)[::HOP] * HANN
    power = np.abs(rfft(frames, FFT)) ** 2
    c = dct(np.log(power @ BANK + 1e-10), norm='ortho')
    d = deltas(c)
    return np.concatenate([c, d, deltas(d)], axis=1)

rng0 = np.random.default_rng(0)
K, D = config['components'], 3 * FILTERS
MODELS = [(np.log(np.full(K, 1 / K)), rng0.standard_normal((K, D)), np.ones((K, D))) for _ in range(2)]

def log_likelihood(features, model):
    weights, means, variances = model
    # (x - m)^2 / v by three matrix products.
    square = features ** 2 @ (1 / variances).T - 2 * features @ (means / variances).T + np.sum(means ** 2 / variances, axis=1)
    terms = weights - 0.5 * (square + np.sum(np.log(2 * np.pi * variances), axis=1))
    top = terms.max(axis=1)
    return np.mean(top + np.log(np.exp(terms - top[:, None]).sum(axis=1)))

def clip(path):
    _, pcm = wavfile.read(path)
    x = pcm.astype(np.float32) / 32768
    rng = np.random.default_rng(1)
    scores = []
    for condition in config['conditions']:
        y = x if condition is None else APPLY[condition['corruption']](x, condition['value'], rng)
        features = lfcc(y)
        scores.append(log_likelihood(features, MODELS[1]) - log_likelihood(features, MODELS[0]))
    return scores

if __name__ == '__main__':
    print(f'Python {sys.version.split()[0]}, numpy {np.__version__}, scipy {scipy.__version__}'
          + (f', libsndfile {soundfile.__libsndfile_version__}' if careful else ''), flush=True)
    for line in sys.stdin:
        processes = int(line.split()[1])
        start = time.perf_counter()
        if processes == 1:
            scores = [clip(path) for path in config['paths']]
        else:
            with multiprocessing.Pool(processes) as pool:
                scores = pool.map(clip, config['paths'], chunksize=4)
        print(json.dumps({'seconds': time.perf_counter() - start, 'trials': sum(map(len, scores))}), flush=True)
