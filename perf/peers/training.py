"""PyTorch's training steps for perf/training.mjs. Prints its version, then answers each line of its input
with the seconds of one step and the loss. Arguments: network, threads, and what tunes it: `channels-last`
(memory of two-dimensional convolutions), `foreach` (Adam on all parameters at once)."""
import resource
import sys
import time

try:
    import torch
    import torch.nn as nn
    import torch.nn.functional as F
except ImportError:
    print("", flush=True)
    sys.exit(0)

BATCH = 16
STAGES = [(1, 64, 5, True, False), (32, 64, 1, False, True), (32, 96, 3, True, True), (48, 96, 1, False, True),
          (48, 128, 3, True, False), (64, 128, 1, False, True), (64, 64, 3, False, True), (32, 64, 1, False, True),
          (32, 64, 3, True, False)]


class Cnn(nn.Module):
    shape = (BATCH, 1, 64, 200)

    def __init__(self):
        super().__init__()
        sizes = [1, 16, 32, 64, 64]
        self.convs = nn.ModuleList(
            nn.Conv2d(sizes[i], sizes[i + 1], 3, stride=1 if i == 0 else 2, padding=1) for i in range(4))
        self.out = nn.Linear(64, 2)

    def forward(self, x):
        for conv in self.convs:
            x = F.relu(conv(x))
        return self.out(x.mean((2, 3)))


class Lcnn(nn.Module):
    shape = (BATCH, 1, 60, 401)

    def __init__(self):
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(i, o, k, padding=(k - 1) // 2) for i, o, k, _, _ in STAGES)
        self.norms = nn.ModuleList(nn.BatchNorm2d(o // 2, affine=False) for _, o, _, _, _ in STAGES)
        self.a, self.b, self.c = nn.Linear(2400, 160), nn.Linear(80, 256), nn.Linear(256, 2)

    def forward(self, x):
        for conv, norm, (_, _, _, pool, normed) in zip(self.convs, self.norms, STAGES):
            a, b = conv(x).chunk(2, 1)
            x = torch.maximum(a, b)
            if pool:
                x = F.max_pool2d(x, 2)
            if normed:
                x = norm(x)
        a, b = self.a(x.flatten(1)).chunk(2, 1)
        return self.c(self.b(torch.maximum(a, b)))


class Block(nn.Module):
    def __init__(self, width=192, heads=3):
        super().__init__()
        self.heads = heads
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)

    def forward(self, x):
        batch, time_, width = x.shape
        qkv = self.qkv(self.norm1(x)).reshape(batch, time_, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        weights = torch.softmax(q @ k.transpose(-1, -2) * (width // self.heads) ** -0.5, -1)
        x = x + self.proj((weights @ v).transpose(1, 2).reshape(batch, time_, width))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class Transformer(nn.Module):
    shape = (BATCH, 128, 80)

    def __init__(self):
        super().__init__()
        self.inp = nn.Linear(80, 192)
        self.blocks = nn.Sequential(*[Block() for _ in range(6)])
        self.out = nn.Linear(192, 2)

    def forward(self, x):
        return self.out(self.blocks(self.inp(x)).mean(1))


class Raw(nn.Module):
    shape = (BATCH, 1, 16000)

    def __init__(self):
        super().__init__()
        self.bank = nn.Conv1d(1, 64, 251, stride=16)
        sizes = [64, 64, 128, 128, 128]
        self.convs = nn.ModuleList(nn.Conv1d(sizes[i], sizes[i + 1], 3, padding=1) for i in range(4))
        self.norms = nn.ModuleList(nn.BatchNorm1d(sizes[i + 1]) for i in range(4))
        self.out = nn.Linear(128, 2)

    def forward(self, x):
        x = self.bank(x)
        for conv, norm in zip(self.convs, self.norms):
            x = F.avg_pool1d(F.leaky_relu(norm(conv(x)), 0.3), 2)
        return self.out(x.mean(2))


class Gru(nn.Module):
    shape = (BATCH, 100, 40)

    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(40, 128, 2, batch_first=True)
        self.out = nn.Linear(128, 2)

    def forward(self, x):
        return self.out(self.gru(x)[0].mean(1))


name, threads, tuning = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
torch.set_num_threads(threads)
torch.manual_seed(1)
network = {"cnn": Cnn, "lcnn": Lcnn, "transformer": Transformer, "raw": Raw, "gru": Gru}[name]()
x, label = torch.randn(network.shape), torch.arange(BATCH) % 2
if "channels-last" in tuning and x.dim() == 4:
    network, x = network.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
optimiser = torch.optim.Adam(network.parameters(), 1e-3, foreach="foreach" in tuning)
print("PyTorch " + torch.__version__, flush=True)
for _ in sys.stdin:
    start = time.perf_counter()
    loss = F.cross_entropy(network(x), label)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    optimiser.step()
    value = loss.item()
    seconds = time.perf_counter() - start
    print(seconds, value, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, flush=True)
