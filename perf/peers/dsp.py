"""Peers of perf/dsp.mjs: NumPy, SciPy and torchaudio on 4 s at 16 kHz.

Usage: python3 dsp.py CLIP.f32; a line NAME on stdin gives the seconds of one call.
"""
import sys, time, warnings
import numpy as np, scipy, scipy.signal, torch, torchaudio

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
RATE = 16000
x = np.fromfile(sys.argv[1], np.float32)
t = torch.from_numpy(x)
rng = np.random.default_rng(1)
noise = rng.standard_normal(len(x)).astype(np.float32)
response = rng.standard_normal(8000).astype(np.float32) * np.exp(-np.arange(8000) / 1500).astype(np.float32)
window10, hann = np.ones(10, np.float32) / 10, torch.hann_window(2048)
b, a = scipy.signal.butter(5, 0.3)
T = torchaudio.transforms
speck = dict(n_fft=512, win_length=320, hop_length=160)
mel = T.MelSpectrogram(RATE, n_fft=512, hop_length=160, n_mels=80)
lfcc = T.LFCC(RATE, n_filter=20, n_lfcc=20, speckwargs=speck)
mfcc = T.MFCC(RATE, n_mfcc=20, melkwargs=dict(n_mels=40, **speck))
down, up = T.Resample(RATE, 8000), T.Resample(8000, RATE)
wide_down, wide_up = (T.Resample(p, q, lowpass_filter_width=48, rolloff=0.945, resampling_method="kaiser_window", beta=12.5) for p, q in ((RATE, 8000), (8000, RATE)))
x44 = torch.from_numpy(scipy.signal.resample_poly(x, 441, 160).astype(np.float32))
mulaw, mulaw_back = T.MuLawEncoding(), T.MuLawDecoding()
advance = torch.linspace(0, np.pi * 512, 1025)[:, None]
# A constant-Q transform as nnAudio has it in the time domain: one convolution with windowed waves.
cqt_hz = 32.703 * 2 ** (np.arange(84) / 12)
cqt_sizes = np.ceil(RATE / cqt_hz / (2 ** (1 / 12) - 1)).astype(int)
waves = np.zeros((84, cqt_sizes[0]), np.complex64)
for k, (hz, size) in enumerate(zip(cqt_hz, cqt_sizes)):
    start = (cqt_sizes[0] - size) // 2
    waves[k, start:start + size] = np.hanning(size) / size * np.exp(2j * np.pi * hz / RATE * (np.arange(size) - size // 2))
cqt_kernels = torch.from_numpy(np.concatenate([waves.real, waves.imag]))[:, None]


def constant_q():
    y = torch.nn.functional.conv1d(t[None, None], cqt_kernels, stride=64, padding=int(cqt_sizes[0] // 2))[0]
    return torch.log(y[:84] ** 2 + y[84:] ** 2 + 1e-10)


def lfcc_with_deltas():
    statics = lfcc(t)
    first = torchaudio.functional.compute_deltas(statics)
    return torch.cat([statics, first, torchaudio.functional.compute_deltas(first)])


def gaussian():
    n = rng.standard_normal(len(x), dtype=np.float32)
    return x + n * np.sqrt(np.mean(x * x) / 100)


def background():
    return x + noise * np.sqrt(np.dot(x, x) / np.dot(noise, noise) / 100)


def echo():
    y = x.copy()
    y[1599:] += np.float32(0.3) * x[:-1599]
    y *= np.abs(x).max() / np.abs(y).max()
    return y


def quantise():
    low, high = x.min(), x.max()
    return np.round((x - low) * (255 / (high - low))) * ((high - low) / 255) + low


def vocoder():
    spectrum = torch.stft(t, 2048, 512, window=hann, return_complex=True)
    return torch.istft(torchaudio.functional.phase_vocoder(spectrum, 0.9, advance), 2048, 512, window=hann)


def sox(*effect):
    return lambda: torchaudio.sox_effects.apply_effects_tensor(t[None], RATE, [list(effect), ["rate", str(RATE)]])


work = {
    "log-mel": lambda: torch.log(mel(t) + 1e-10),
    "lfcc": lfcc_with_deltas,
    "mfcc": lambda: mfcc(t),
    "gaussian-noise": gaussian,
    "background-noise": background,
    "smooth": lambda: np.convolve(x, window10, "valid"),
    "echo": echo,
    "quantize": quantise,
    "clip": lambda: np.clip(x, -0.1, 0.1),
    "low-pass": lambda: scipy.signal.lfilter(b, a, x),
    "mu-law": lambda: mulaw_back(mulaw(t)),
    "constant-q": constant_q,
    "resample": lambda: up(down(t)),
    "resample-wide": lambda: wide_up(wide_down(t)),
    "resample-scipy": lambda: scipy.signal.resample_poly(scipy.signal.resample_poly(x, 1, 2), 2, 1),
    "resample-44": lambda: torchaudio.functional.resample(x44, 44100, RATE),
    "reverb": lambda: scipy.signal.fftconvolve(x, response),
    "vocoder": vocoder,
    "stretch-sox": sox("tempo", "0.9"),
    "pitch-sox": sox("pitch", "100"),
}
print(f"numpy {np.__version__}, scipy {scipy.__version__}, torch {torch.__version__}, torchaudio {torchaudio.__version__}, one thread", flush=True)
for line in sys.stdin:
    run = work[line.strip()]
    calls, start = 0, time.perf_counter()
    while True:
        run()
        calls += 1
        elapsed = time.perf_counter() - start
        if elapsed > 0.05:
            break
    print(elapsed / calls, flush=True)
