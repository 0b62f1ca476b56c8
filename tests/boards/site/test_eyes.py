"""The page of the blind test."""

from __future__ import annotations

import json
import re


def test_the_blind_test_names_no_model_and_asks_each_pair_once(files: dict[str, bytes]) -> None:
    text = files["eyes.html"].decode()
    assert not any(model in text for model in ("tiny-conv", "wide", "plain", "late", "identity"))
    [data] = re.findall(r'data-role="data">(.*?)</script>', text)
    shown = json.loads(data)
    pairs = [frozenset(pair["pictures"]) for pair in shown["pairs"]]
    assert len(pairs) == len(set(pairs)) == min(shown["possible"], 100) > 20
    assert all(pair["pictures"] == sorted(pair["pictures"]) for pair in shown["pairs"])
    assert all(file in files for pair in shown["pairs"] for file in (*pair["strips"], pair["input"], pair["truth"]))
