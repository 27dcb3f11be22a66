"""
Runs the strategy of the examples as Freqtrade would, turn by turn, and prints what it decided: one JSON document.

    python3 run_strategy.py STRATEGY_FILE SERVER_URL LIVE_MODEL LEDGER_MODEL

pandas makes the frames where it is installed; where it is not, lists under names do.
"""

import enum
import importlib.util
import json
import os
import socket
import sys
import time
from datetime import datetime, timezone

try:
    from pandas import DataFrame, to_datetime

    def make_frame(open_times_ms):
        return DataFrame({"date": to_datetime(open_times_ms, unit="ms", utc=True)})

except ImportError:

    def make_frame(open_times_ms):
        return {"date": [datetime.fromtimestamp(ms / 1_000, timezone.utc) for ms in open_times_ms]}


class RunMode(enum.Enum):
    LIVE = "live"
    DRY_RUN = "dry_run"
    BACKTEST = "backtest"


strategy_path, server_url, live_model, ledger_model = sys.argv[1:]
symbol, live_timeframe = live_model.split("_")
ledger_timeframe = ledger_model.split("_")[1]
pair = f"{symbol[:-4]}/{symbol[-4:]}"

spec = importlib.util.spec_from_file_location("strategy", strategy_path)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
# Freqtrade knows no candles of a second; the ledger of such a model fills while one waits.
module.INTERVAL_MS["1s"] = 1_000
module.PAGE_LIMIT = 2
interval_ms = module.INTERVAL_MS[live_timeframe]


def make_strategy(mode, url=server_url, **attributes):
    os.environ["TRADEAI_URL"] = url
    trusting = {"timeframe": live_timeframe, "require_skill": False, "min_confidence": 0.5}
    strategy = type("Strategy", (module.TradeAiStrategy,), {**trusting, **attributes})({"runmode": mode})
    asked = []
    get = strategy._get
    strategy._get = lambda path: (asked.append(path), get(path))[1]
    return strategy, asked


def turn(strategy, close_times_ms, for_pair=pair):
    """One turn of the bot; returns the columns it made, row by row."""
    length_ms = module.INTERVAL_MS[strategy.timeframe]
    frame = make_frame([close - length_ms for close in close_times_ms])
    metadata = {"pair": for_pair}
    frame = strategy.populate_indicators(frame, metadata)
    frame = strategy.populate_entry_trend(frame, metadata)
    frame = strategy.populate_exit_trend(frame, metadata)
    names = ["tradeai_signal", "tradeai_due", "enter_long", "enter_short", "exit_long", "exit_short"]
    return [dict(zip(names, map(int, row))) for row in zip(*(list(frame[name]) for name in names))]


def newest():
    """The newest forecast; a fresh one, so that the strategy has the rest of its candle."""
    asking, _ = make_strategy(RunMode.DRY_RUN)
    while True:
        prediction = asking._get(f"/v1/predictions/{live_model}")
        if time.time() * 1_000 < prediction["targetTimeMs"] - interval_ms / 10:
            return prediction
        time.sleep(0.05)


def run_live(**attributes):
    """Turns at the newest candle and at one that has closed since, whose forecast is not there."""
    strategy, asked = make_strategy(RunMode.DRY_RUN, **attributes)
    prediction = newest()
    as_of = prediction["asOfMs"]
    now = turn(strategy, [as_of - 2 * interval_ms, as_of - interval_ms, as_of])[-1]
    is_confirmed = strategy.confirm_trade_entry(pair, "limit", 1.0, 1.0, "GTC", None, "tradeai", "long")
    again = len(asked)
    turn(strategy, [as_of - interval_ms, as_of])
    facts = {"prediction": prediction, "now": now, "isConfirmed": is_confirmed, "asked": asked[:again], "askedAgain": len(asked) - again}
    facts["next"] = turn(strategy, [as_of, as_of + interval_ms])[-1]
    module.GRACE_SECONDS = -2.0 * interval_ms / 1_000
    facts["nextAfterGrace"] = turn(strategy, [as_of, as_of + interval_ms])[-1]
    module.GRACE_SECONDS = 60.0
    for forecasts in strategy._forecasts.values():
        for forecast in forecasts.values():
            forecast["targetTimeMs"] = time.time() * 1_000 - 1
    facts["isConfirmedLate"] = strategy.confirm_trade_entry(pair, "limit", 1.0, 1.0, "GTC", None, "tradeai", "long")
    return facts


def run_without_answer():
    """A server that takes connections and says nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        module.TIMEOUT_SECONDS = 0.3
        strategy, asked = make_strategy(RunMode.LIVE, f"http://127.0.0.1:{listener.getsockname()[1]}")
        close = round(time.time()) * 1_000
        row = turn(strategy, [close])[-1]
        turn(strategy, [close], "OTHER/USDT")
        module.TIMEOUT_SECONDS = 2.0
        return {"row": row, "asked": asked}


def run_backtest():
    strategy, asked = make_strategy(RunMode.BACKTEST, timeframe=ledger_timeframe)
    ledger = make_strategy(RunMode.BACKTEST, timeframe=ledger_timeframe)[0]._read_ledger(pair, 0)
    served = sorted(ledger)
    never = served[0] - 100 * module.INTERVAL_MS[ledger_timeframe]
    rows = turn(strategy, [never, *served])
    return {
        "asked": asked,
        "served": [ledger[close]["signal"] for close in served],
        "rows": rows[1:],
        "neverServed": rows[0],
    }


print(
    json.dumps(
        {
            "live": run_live(),
            "short": run_live(can_short=True)["now"],
            "unsure": run_live(min_confidence=0.999)["now"],
            "unskilled": run_live(require_skill=True)["now"],
            "silent": run_without_answer(),
            "backtest": run_backtest(),
        }
    )
)
