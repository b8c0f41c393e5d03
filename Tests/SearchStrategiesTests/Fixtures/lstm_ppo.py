"""Loss and gradients of the PPO objective of an LSTM controller, by PyTorch: `python3 lstm_ppo.py > lstm_ppo.json` (torch 2).

A policy of decisions with 2, 3 and 4 choices and 3 units; parameters are a function of their place (the same in LSTMPolicyTests.swift).
"""

import json
import math

import torch

torch.set_default_dtype(torch.float64)
counts, hidden, clip, weight = [2, 3, 4], 3, 0.2, 0.05
shapes = [[1, hidden], [hidden, 4 * hidden], [hidden, 4 * hidden], [1, 4 * hidden]]
for k in counts:
    shapes += [[k, hidden], [hidden, k], [1, k]]
parameters = []
for number, shape in enumerate(shapes):
    values = [0.5 * math.sin(1.3 * number + 0.7 * place) for place in range(math.prod(shape))]
    parameters.append(torch.tensor(values).reshape(shape).requires_grad_())

sequences = [[0, 2, 1], [1, 0, 3], [1, 1, 0], [0, 0, 2]]
advantages = torch.tensor([[1.2], [-0.4], [0.3], [-1.1]])
# Ratios on both sides of the clipping range.
old = torch.tensor([[-0.9, -1.0, -1.9], [-0.5, -1.3, -1.1], [-0.9, -0.8, -1.3], [-0.6, -1.5, -1.2]])

lstm = torch.nn.LSTMCell(hidden, hidden)
state = (torch.zeros(4, hidden), torch.zeros(4, hidden))
x = parameters[0].expand(4, hidden)
columns, entropy = [], 0
for t, k in enumerate(counts):
    weights = {
        "weight_ih": parameters[1].T, "weight_hh": parameters[2].T, "bias_ih": parameters[3][0], "bias_hh": torch.zeros(4 * hidden),
    }
    state = torch.func.functional_call(lstm, weights, (x, state))
    logits = torch.log_softmax(state[0] @ parameters[5 + 3 * t] + parameters[6 + 3 * t], 1)
    choices = torch.tensor([s[t] for s in sequences])
    columns.append(logits.gather(1, choices[:, None]))
    entropy = entropy + torch.distributions.Categorical(logits=logits).entropy().mean()
    x = parameters[4 + 3 * t][choices]
log_probabilities = torch.cat(columns, 1)
ratio = (log_probabilities - old).exp()
gain = torch.minimum(ratio * advantages, ratio.clamp(1 - clip, 1 + clip) * advantages).sum() / 4
loss = -gain - weight * entropy
# The last choice's embedding is read by nothing.
gradients = torch.autograd.grad(loss, parameters, allow_unused=True, materialize_grads=True)
print(
    json.dumps(
        {
            "logProbabilities": log_probabilities.flatten().tolist(), "old": old.flatten().tolist(), "entropy": entropy.item(),
            "loss": loss.item(), "gradients": [g.flatten().tolist() for g in gradients],
        }
    )
)
