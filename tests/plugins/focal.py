"""Focal loss: −(1 − p)^gamma · log p, of the probability p of the right class.

Source: Lin et al., "Focal loss for dense object detection", 2017.
"""

from snn.registry import Component, Key

COMPONENTS = (
    Component(
        kind="loss",
        name="focal",
        make="focal",
        label="focal loss",
        keys=(Key("gamma", float, 2.0, low=0, high=5, description="weight of the hard images"),),
    ),
)


def focal(answer, labels, gamma):
    of_right = answer.logits.log_softmax(dim=1).gather(1, labels[:, None])
    return -((1 - of_right.exp()) ** gamma * of_right).mean()
