"""The pocket network: GoogLeNet's topology and layer names, at any width.

At half width (1.5 million parameters) it fits in 3 MB of float16, so it ships inside the package, and a
preset written for it runs on the full GoogLeNet by changing one word.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
# Channels of each inception block at full width: in, 1x1, 3x3 reduced, 3x3, double 3x3 reduced, double 3x3, pooled.
# Szegedy et al. 2014, "Going deeper with convolutions", table 1.
INCEPTION_CHANNELS = {
    "inception3a": (192, 64, 96, 128, 16, 32, 32),
    "inception3b": (256, 128, 128, 192, 32, 96, 64),
    "inception4a": (480, 192, 96, 208, 16, 48, 64),
    "inception4b": (512, 160, 112, 224, 24, 64, 64),
    "inception4c": (512, 128, 128, 256, 24, 64, 64),
    "inception4d": (512, 112, 144, 288, 32, 64, 64),
    "inception4e": (528, 256, 160, 320, 32, 128, 128),
    "inception5a": (832, 256, 160, 320, 32, 128, 128),
    "inception5b": (832, 384, 192, 384, 48, 128, 128),
}


ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": partial(nn.ReLU, inplace=True),
    "leaky": partial(nn.LeakyReLU, 0.1, inplace=True),
    "smooth": partial(nn.SiLU, inplace=True),
}


@dataclass(frozen=True)
class Architecture:
    """What a pocket network may differ in.

    `width`: channels as a share of GoogLeNet's. `antialiased`: poolings of stride 2 blur before they skip every other
    cell (Zhang 2019, "Making convolutional networks shift-invariant again", with its filter Tri-3); "early": the two
    before the first inception block alone. `activation`:
    "relu"; "leaky", which lets a tenth of what is negative through; or "smooth", x sigmoid(x) (SiLU).
    """

    width: float = 0.5
    antialiased: bool | Literal["early"] = False
    activation: str = "relu"


class BasicConv2d(nn.Module):
    """Convolution without bias, batch norm, and what the network's architecture has for a ReLU."""

    def __init__(self, channels_in: int, channels_out: int, kernel_size: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            channels_in, channels_out, kernel_size, stride=stride, padding=kernel_size // 2, bias=False
        )
        self.bn = nn.BatchNorm2d(channels_out, eps=0.001)
        self.relu: nn.Module = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels_in, H, W) to (B, channels_out, H / stride, W / stride)."""
        result: Tensor = self.relu(self.bn(self.conv(x)))
        return result


class Inception(nn.Module):
    """Four parallel branches, concatenated. As in torchvision's GoogLeNet the "5x5" branch is a 3x3."""

    def __init__(
        self, channels_in: int, c1: int, c3_reduced: int, c3: int, c5_reduced: int, c5: int, c_pooled: int
    ) -> None:
        super().__init__()
        self.branch1 = BasicConv2d(channels_in, c1, 1)
        self.branch2 = nn.Sequential(BasicConv2d(channels_in, c3_reduced, 1), BasicConv2d(c3_reduced, c3, 3))
        self.branch3 = nn.Sequential(BasicConv2d(channels_in, c5_reduced, 1), BasicConv2d(c5_reduced, c5, 3))
        self.branch4 = nn.Sequential(
            nn.MaxPool2d(3, stride=1, padding=1, ceil_mode=True), BasicConv2d(channels_in, c_pooled, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels_in, H, W) to (B, c1 + c3 + c5 + c_pooled, H, W)."""
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], 1)


def pool(kernel_size: int) -> nn.Module:
    """Max pooling to half the size."""
    return nn.MaxPool2d(kernel_size, stride=2, ceil_mode=True)


def antialiased_pool() -> nn.Module:
    """Max pooling to half the size that blurs with (1, 2, 1) / 4, as two boxes of two, before it skips cells."""
    return nn.Sequential(
        nn.MaxPool2d(3, stride=1, padding=1), nn.AvgPool2d(2, stride=1), nn.AvgPool2d(2, stride=2, ceil_mode=True)
    )


class PocketNetwork(nn.Module):
    """GoogLeNet at the width of its `architecture`, without the auxiliary classifiers.

    Input: (B, 3, H, W), normalized with ImageNet's mean and standard deviation; 128 px is its training size.
    Output: (B, `classes`) logits.
    """

    def __init__(self, classes: int, architecture: Architecture | None = None) -> None:
        super().__init__()
        self.architecture = architecture = architecture or Architecture()

        def scaled(channels: int) -> int:
            return max(1, round(channels * architecture.width))

        def halved(kernel_size: int, early: bool = False) -> nn.Module:
            blurs = architecture.antialiased is True or (early and architecture.antialiased == "early")
            return antialiased_pool() if blurs else pool(kernel_size)

        self._channels = scaled(192)

        def inception(name: str) -> Inception:
            _, c1, c3_reduced, c3, c5_reduced, c5, c_pooled = map(scaled, INCEPTION_CHANNELS[name])
            block = Inception(self._channels, c1, c3_reduced, c3, c5_reduced, c5, c_pooled)
            self._channels = c1 + c3 + c5 + c_pooled
            return block

        self.conv1 = BasicConv2d(3, scaled(64), 7, stride=2)
        self.maxpool1 = halved(3, early=True)
        self.conv2 = BasicConv2d(scaled(64), scaled(64), 1)
        self.conv3 = BasicConv2d(scaled(64), scaled(192), 3)
        self.maxpool2 = halved(3, early=True)
        self.inception3a = inception("inception3a")
        self.inception3b = inception("inception3b")
        self.maxpool3 = halved(3)
        self.inception4a = inception("inception4a")
        self.inception4b = inception("inception4b")
        self.inception4c = inception("inception4c")
        self.inception4d = inception("inception4d")
        self.inception4e = inception("inception4e")
        self.maxpool4 = halved(2)
        self.inception5a = inception("inception5a")
        self.inception5b = inception("inception5b")
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.dropout = nn.Dropout(0.2)
        self.fc = nn.Linear(self._channels, classes)
        for module in self.modules():
            if isinstance(module, BasicConv2d):
                module.relu = ACTIVATIONS[architecture.activation]()

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, H, W) normalized picture to (B, classes) logits."""
        x = self.conv3(self.conv2(self.maxpool1(self.conv1(x))))
        x = self.inception3b(self.inception3a(self.maxpool2(x)))
        x = self.inception4b(self.inception4a(self.maxpool3(x)))
        x = self.inception4e(self.inception4d(self.inception4c(x)))
        x = self.inception5b(self.inception5a(self.maxpool4(x)))
        logits: Tensor = self.fc(self.dropout(torch.flatten(self.avgpool(x), 1)))
        return logits
