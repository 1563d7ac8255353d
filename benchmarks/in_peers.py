"""`python in_peers.py PEER JOURNEYS ANSWER`: one peer's rule-based models over journeys; runs where the peers are installed.

Reading the journeys is not measured, nor is importing the peer.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any

_SEPARATOR = " > "


def split_with_mam(frame: Any) -> float:
    """Split the values evenly over each journey, and give all to its last step; return what the even split credits."""
    mam = importlib.import_module("mam.core").MAM(
        df=frame,
        format_type="journey",
        channels_colname="path",
        journey_with_conv_colname="converted",
        time_till_conv_colname="hours",
        conversion_value_colname="net",
        path_separator=_SEPARATOR,
    )
    mam.run_last_click()
    return float(mam.run_linear().to_pandas()["attribution"].sum())


def split_with_channel_attribution(frame: Any) -> float:
    """Do the same with heuristic_models, which also gives all to the first step."""
    library = importlib.import_module("ChannelAttribution")
    totals = library.heuristic_models(frame, "path", "converted", var_value="net", sep=_SEPARATOR.strip(), flg_pro=False)
    return float(totals["linear_touch_value"].sum())


PEERS = {"mam": split_with_mam, "channel-attribution": split_with_channel_attribution}


def main() -> None:
    """Run the peer and write seconds and the sum of what it credits, in minor units."""
    peer, journeys, answer = sys.argv[1:]
    frame = importlib.import_module("pandas").read_parquet(journeys)
    for module in ("mam.core", "ChannelAttribution"):
        importlib.import_module(module)
    began = time.perf_counter()
    credited = PEERS[peer](frame)
    taken = time.perf_counter() - began
    Path(answer).write_text(json.dumps({"value": taken, "credited_minor": credited}))


if __name__ == "__main__":
    main()
