"""Logits of a REINFORCE policy after some rewards, by PyTorch: `python3 reinforce.py > reinforce.json` (torch 2).

The update of ReinforceTests.swift: six decisions of five choices, Adam, baseline with bias correction updated before the loss.
"""

import json

import torch

torch.set_default_dtype(torch.float64)
start = [[0.001 * ((7 * row + 3 * place) % 11 - 5) for place in range(5)] for row in range(6)]
logits = torch.tensor(start, requires_grad=True)
optimizer = torch.optim.Adam([logits], lr=0.05)
numerator = denominator = 0.0
steps = []
for number in range(12):
    choices = [(number * 3 + row * 2) % 5 for row in range(6)]
    reward = 50 + 7.5 * ((number * 5) % 7)
    numerator = 0.9 * numerator + 0.1 * reward
    denominator = 0.9 * denominator + 0.1
    policy = torch.distributions.Categorical(logits=logits)
    loss = (-policy.log_prob(torch.tensor(choices)) * (reward - numerator / denominator)).sum()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    steps.append({"choices": choices, "reward": reward, "logits": logits.tolist()})
print(json.dumps({"start": start, "learningRate": 0.05, "steps": steps}))
