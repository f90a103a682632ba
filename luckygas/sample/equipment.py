"""What is fitted at the commercial customers: meters, change-over regulators, reporting devices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from luckygas.sample.clients import Clients
from luckygas.sample.draw import BoolArray, choose, share, stream

# Model of the change-over regulator, how many have it, and the device that it goes with.
_MODELS = (
    ("重量發報", 251, "智慧秤"),
    ("壓力錶(大錶)發報", 136, "接點式壓力錶"),
    ("自動切替器 KA32AK", 90, "切替器"),
    ("流量錶發報", 24, "帶線流量錶"),
    ("接點式壓力發報", 24, "接點式壓力錶"),
    ("KA30K", 22, "切替器"),
    ("TAX-30A", 19, "切替器"),
    ("壓差開關 KA35", 19, "壓差開關"),
    ("自動切替器 KA32BK", 44, "帶線切替器"),
    ("手動切替器", 34, "切替器"),
    ("TAX-30B", 28, "帶線切替器"),
)
REPORTING_MODELS = ("重量發報", "壓力錶(大錶)發報", "流量錶發報", "接點式壓力發報", "壓差開關 KA35")
# The device columns of the workbook in their order; the fourth has no heading there.
DEVICES = (
    "流量表",
    "帶線流量錶",
    "切替器",
    "帶線切替器",
    "接點式壓力錶",
    "壓差開關",
    "微動開關",
    "永勝",
    "智慧秤",
)
_FITTED = {
    "切替器": 342, "帶線切替器": 132, "接點式壓力錶": 269, "壓差開關": 35, "微動開關": 3, "永勝": 5, "智慧秤": 298,
}  # fmt: skip


@dataclass(frozen=True)
class Equipment:
    """``devices``: device to who has it; ``own_meter``: whose flow meter is his own; ``models``: text of 切替器型號;
    the rest are the V columns of service."""

    devices: dict[str, BoolArray]
    own_meter: BoolArray
    models: list[str]
    reporting: BoolArray
    subscribed: list[str]
    bought_out: BoolArray
    same_day: BoolArray
    settlement_file: BoolArray


def equipment(seed: int, clients: Clients) -> Equipment:
    rng = stream(seed, "equipment")
    count = clients.rows
    everyone = np.ones(count, bool)
    devices = {name: choose(rng, share(_FITTED.get(name, 0), count), everyone) for name in DEVICES}
    devices["流量表"] = choose(rng, share(264, count), clients.metered)
    devices["帶線流量錶"] = choose(rng, share(219, count), clients.metered & ~devices["流量表"])
    models = np.full(count, "", dtype=object)
    for model, number, device in _MODELS:
        models[choose(rng, share(number, count), (models == "").astype(bool), devices[device])] = model
    reports = np.isin(models, REPORTING_MODELS)
    reporting = choose(rng, share(794, count), ~clients.terminated, reports, clients.metered)
    member = choose(rng, share(319, count), ~clients.terminated, reporting)
    subscribed = np.where(member, "V", "").astype(object)
    subscribed[choose(rng, share(1, count), ~member & ~clients.terminated)] = "先不裝"
    monthly = clients.monthly
    return Equipment(
        devices=devices,
        own_meter=choose(rng, share(2, count), devices["流量表"]),
        models=[str(model) for model in models],
        reporting=reporting,
        subscribed=[str(text) for text in subscribed],
        bought_out=choose(rng, share(3, count), everyone),
        same_day=choose(rng, share(11, count), ~clients.terminated, clients.cycle > 0),
        settlement_file=choose(rng, share(10, count), monthly),
    )
