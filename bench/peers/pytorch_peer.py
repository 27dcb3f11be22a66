"""PyTorch as a peer of the benchmark: one JSON request per line on stdin, one JSON answer per line on stdout.

A request is {"batch", "window", "features", "hidden", "mode": "train" | "infer", "seconds"}; the answer is
{"sequences", "seconds", "best"}, "best" being the rate of the fastest single step. One training step is forward, backward and Adam on a fresh random batch of fixed data, in
float32 on one thread, as src/lstm does it: mean squared error of a linear head on the last hidden state.
"""
import json
import sys
import time

import torch

torch.set_num_threads(1)
models = {}


def build(batch, window, features, hidden):
    torch.manual_seed(1)
    lstm = torch.nn.LSTM(features, hidden, batch_first=True)
    head = torch.nn.Linear(hidden, 1)
    optimizer = torch.optim.Adam(list(lstm.parameters()) + list(head.parameters()), lr=1e-3)
    x, y = torch.randn(batch, window, features), torch.randn(batch)

    def train():
        out, _ = lstm(x)
        loss = ((head(out[:, -1])[:, 0] - y) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    def infer():
        with torch.no_grad():
            out, _ = lstm(x)
            head(out[:, -1])

    for step in (train, infer):
        step()
    return {"train": train, "infer": infer}


def find_blas():
    """The linear algebra behind it, which decides its speed: Debian's default is the slow reference."""
    if torch.backends.mkl.is_available():
        return "MKL"
    with open("/proc/self/maps") as maps:
        text = maps.read()
    for mark, name in (("/blas/libblas", "reference BLAS"), ("openblas", "OpenBLAS"), ("blis", "BLIS")):
        if mark in text:
            return name
    return "unknown BLAS"


name = f"PyTorch {torch.__version__}, 1 thread, {find_blas()}"
print(json.dumps({"name": name, "modes": ["train", "infer"]}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    shape = tuple(request[key] for key in ("batch", "window", "features", "hidden"))
    if shape not in models:
        models[shape] = build(*shape)
    step = models[shape][request["mode"]]
    count, fastest, start = 0, float("inf"), time.perf_counter()
    now = start
    while now - start < request["seconds"]:
        before = now
        step()
        now = time.perf_counter()
        count, fastest = count + 1, min(fastest, now - before)
    answer = {"sequences": count * shape[0], "seconds": now - start, "best": shape[0] / fastest}
    print(json.dumps(answer), flush=True)
