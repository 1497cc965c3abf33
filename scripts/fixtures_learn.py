# SPDX-License-Identifier: MIT
"""Writes test/fixtures/torch-learn.jsonl: how PyTorch trains a small network, for test/learn/learn-golden.test.ts.

Needs Debian's python3-torch (apt-get install python3-torch); tests do not, since the file is checked in. Run from
anywhere:

    /usr/bin/python3 scripts/fixtures_learn.py

Computed in float64, written to 12 digits. The output is the same on every run with the same version.
"""

import json
import pathlib

import torch
from torch import nn

PATH = pathlib.Path(__file__).resolve().parent.parent / "test" / "fixtures" / "torch-learn.jsonl"
STEPS = 6

torch.manual_seed(61)
torch.set_default_dtype(torch.float64)


def network():
    return nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1, groups=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.ConvTranspose2d(4, 3, 3, stride=2, padding=1, output_padding=1),
        nn.ReLU(),
        nn.AvgPool2d(3, stride=2),
        nn.Flatten(),
        nn.Linear(27, 5),
    )


def flat(tensor):
    return [float(f"{v:.12g}") for v in tensor.detach().flatten().tolist()]


def state(model):
    return {name: flat(value) for name, value in model.state_dict().items()}


def train(loss_name, optimiser_name, options):
    model = network()
    # Numbers are rounded first, so that both sides begin with the same ones.
    for parameter in model.parameters():
        parameter.data = torch.round(parameter.data * 64) / 64
    x = torch.round(torch.randn(6, 2, 8, 8) * 8) / 8
    labels = torch.tensor([0, 1, 2, 3, 4, 2])
    values = torch.round(torch.randn(6, 5) * 8) / 8
    optimiser = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[optimiser_name]
    names = {
        "learningRate": "lr",
        "momentum": "momentum",
        "weightDecay": "weight_decay",
        "epsilon": "eps",
    }
    given = {names[name]: value for name, value in options.items() if name in names}
    if "beta1" in options:
        given["betas"] = (options["beta1"], options["beta2"])
    steps = optimiser(model.parameters(), **given)
    before = state(model)
    losses = []
    for _ in range(STEPS):
        y = model(x)
        loss = nn.functional.mse_loss(y, values) if loss_name == "mse" else nn.functional.cross_entropy(y, labels)
        losses.append(float(f"{loss.item():.12g}"))
        steps.zero_grad()
        loss.backward()
        steps.step()
    return {
        "loss": loss_name,
        "optimiser": optimiser_name,
        "options": options,
        "x": flat(x),
        "targets": flat(values) if loss_name == "mse" else labels.tolist(),
        "before": before,
        "losses": losses,
        "after": state(model),
    }


def cases():
    yield train("mse", "sgd", {"learningRate": 0.1})
    yield train("softmaxCrossEntropy", "sgd", {"learningRate": 0.2, "momentum": 0.9, "weightDecay": 0.01})
    yield train("softmaxCrossEntropy", "adam", {"learningRate": 0.01})
    adam = {"learningRate": 0.02, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-4, "weightDecay": 0.1}
    yield train("mse", "adam", adam)


lines = [{"source": f"torch {torch.__version__.split('+')[0]}"}, *cases()]
PATH.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines))
print(f"{len(lines) - 1} cases in {PATH}")
