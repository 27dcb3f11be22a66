"""
A Freqtrade strategy that trades by the forecasts of `tradeai serve`.

Copy this file to user_data/strategies/, set TRADEAI_URL (and TRADEAI_TOKEN, where the server has one), and run
`freqtrade trade --strategy TradeAiStrategy --dry-run`. It uses Python's own library only.

Live and dry run ask GET /v1/predictions/{name} at every candle. A backtest must not: the server would answer with the
forecast of this moment for every candle of the past, and its champion has been trained on candles that the backtest is
about, so it knows their outcomes. A backtest reads the ledger instead, GET /v1/ledger: the forecasts that were really
served at the time, by the models that were in charge then, frozen before their outcomes were known. Candles without a
served forecast hold nothing, so a backtest tells about the time since the server began to serve, and about nothing else.
"""

import json
import logging
import math
import os
import time
import urllib.error
import urllib.parse
import urllib.request

from freqtrade.strategy import IStrategy

logger = logging.getLogger(__name__)

INTERVAL_MS = {
    "1m": 60_000,
    "3m": 180_000,
    "5m": 300_000,
    "15m": 900_000,
    "30m": 1_800_000,
    "1h": 3_600_000,
    "2h": 7_200_000,
    "4h": 14_400_000,
    "6h": 21_600_000,
    "8h": 28_800_000,
    "12h": 43_200_000,
    "1d": 86_400_000,
    "3d": 259_200_000,
    "1w": 604_800_000,
}
# Of a model with an interval in its name; one of the default interval is called like its symbol.
DEFAULT_INTERVAL = "1h"

# Healths of a model on which nothing is traded.
STOPPING_HEALTHS = ("drifting", "held", "no-champion", "error", "stale-data")

# Of one request; the loop of the bot waits meanwhile.
TIMEOUT_SECONDS = 2.0
# After a request that failed nothing is asked for so long: ten pairs must not wait ten time-outs at every turn.
PAUSE_SECONDS = 15.0
# After the close of a candle its forecast is waited for so long; a position is left then.
GRACE_SECONDS = 60.0
# Entries of one page of the ledger, and pages of one backtest: 200,000 forecasts.
PAGE_LIMIT = 1_000
PAGE_COUNT = 200


class TradeAiStrategy(IStrategy):
    INTERFACE_VERSION = 3

    # The candle length of the models.
    timeframe = "1h"
    can_short = False
    # The model does all of it; indicators of this file need no history.
    startup_candle_count = 0
    # Asked at every turn of the bot, because the forecast comes a second or two after the candle: a turn too early is
    # then made good by the next one.
    process_only_new_candles = False

    # Exits come from the forecasts. The stop is for what no model has foreseen; choose it for your market.
    minimal_roi = {"0": 10}
    stoploss = -0.10
    use_exit_signal = True

    # Enter only at this probability that the direction is right, or more; the model's own threshold holds as well.
    min_confidence = 0.52
    # Trade only on models whose report found skill against "no change".
    require_skill = True

    plot_config = {"subplots": {"forecast": {"tradeai_change": {"color": "blue"}, "tradeai_confidence": {"color": "orange"}}}}

    def __init__(self, config: dict) -> None:
        super().__init__(config)
        self.tradeai_url = os.environ.get("TRADEAI_URL", "http://127.0.0.1:8080").rstrip("/")
        self.tradeai_token = os.environ.get("TRADEAI_TOKEN")
        # Forecasts that were taken, by pair and by close time of their candle.
        self._forecasts: dict[str, dict[int, dict]] = {}
        self._paused_until = 0.0

    # What Freqtrade calls

    def populate_indicators(self, dataframe, metadata: dict):
        pair = metadata["pair"]
        close_times = [_to_ms(date) + INTERVAL_MS[self.timeframe] for date in dataframe["date"]]
        if self._is_live():
            if close_times:
                self._ask_forecast(pair, close_times[-1])
        elif pair not in self._forecasts:
            self._forecasts[pair] = self._read_ledger(pair, close_times[0] if close_times else 0)
        forecasts = self._forecasts.get(pair, {})
        rows = [forecasts.get(close_time) for close_time in close_times]
        dataframe["tradeai_change"] = [row["predictedChange"] if row else float("nan") for row in rows]
        dataframe["tradeai_confidence"] = [row["confidence"] if row else float("nan") for row in rows]
        # 1 BUY, -1 SELL, 0 HOLD or no forecast.
        dataframe["tradeai_signal"] = [self._direction(row) if row else 0 for row in rows]
        # 0 while a forecast may still come.
        dataframe["tradeai_due"] = [int(row is not None or self._is_due(close)) for row, close in zip(rows, close_times)]
        return dataframe

    def populate_entry_trend(self, dataframe, metadata: dict):
        signals = list(dataframe["tradeai_signal"])
        dataframe["enter_long"] = [int(signal == 1) for signal in signals]
        dataframe["enter_short"] = [int(signal == -1 and self.can_short) for signal in signals]
        dataframe["enter_tag"] = ["tradeai" if signal != 0 else "" for signal in signals]
        return dataframe

    def populate_exit_trend(self, dataframe, metadata: dict):
        # A forecast speaks of one candle. Where the next one does not say the same, or does not come, there is no reason
        # to stay: that is the rule of the backtest in the model's report, too.
        rows = list(zip(dataframe["tradeai_signal"], dataframe["tradeai_due"]))
        dataframe["exit_long"] = [int(due == 1 and signal != 1) for signal, due in rows]
        dataframe["exit_short"] = [int(due == 1 and signal != -1) for signal, due in rows]
        return dataframe

    def confirm_trade_entry(self, pair: str, *args, **kwargs) -> bool:
        """The last look before an order: a forecast that speaks of the past by now is refused."""
        if not self._is_live():
            return True
        forecasts = self._forecasts.get(pair, {})
        newest = forecasts[max(forecasts)] if forecasts else None
        return newest is not None and not _is_stale(newest)

    # What the server says

    def _ask_forecast(self, pair: str, close_time_ms: int) -> None:
        """Takes the forecast of this very candle, if it is there, fresh, and of a model that may be traded on."""
        known = self._forecasts.setdefault(pair, {})
        if close_time_ms in known or time.monotonic() < self._paused_until:
            return
        name = self.model_name(pair)
        prediction = self._get(f"/v1/predictions/{urllib.parse.quote(name)}")
        if prediction is None:
            return
        if prediction["asOfMs"] != close_time_ms:
            # Not there yet, or the server sees other candles than Freqtrade: no trade on another candle's forecast.
            logger.info("%s: the newest forecast is of %s, wanted is %s", pair, prediction["asOfMs"], close_time_ms)
            return
        if _is_stale(prediction):
            logger.warning("%s: the forecast of %s is stale", pair, prediction["asOfMs"])
            return
        model = self._get(f"/v1/models/{urllib.parse.quote(name)}")
        if model is None:
            return
        refusal = self._refusal(model["summary"])
        if refusal is not None:
            logger.warning("%s: not traded, %s", pair, refusal)
            prediction = {**prediction, "signal": "HOLD"}
        known[close_time_ms] = prediction

    def _refusal(self, summary: dict):
        if summary["health"] in STOPPING_HEALTHS:
            return f"{summary['health']}: {summary['problem']}"
        if self.require_skill and summary["champion"]["verdict"] != "skill":
            return "the champion has not demonstrated skill"
        return None

    def _direction(self, forecast: dict) -> int:
        if forecast["confidence"] < self.min_confidence:
            return 0
        return {"BUY": 1, "SELL": -1}.get(forecast["signal"], 0)

    def _read_ledger(self, pair: str, first_ms: int) -> dict[int, dict]:
        """What was served to bots since `first_ms`: of each candle, the first forecast of the champion of that time."""
        forecasts: dict[int, dict] = {}
        before = None
        for _ in range(PAGE_COUNT):
            query = {"name": self.model_name(pair), "limit": PAGE_LIMIT}
            if before is not None:
                query["beforeMs"] = before
            page = self._get(f"/v1/ledger?{urllib.parse.urlencode(query)}")
            if page is None:
                break
            for entry in page["entries"]:
                known = forecasts.get(entry["asOfMs"])
                if entry["role"] == "champion" and (known is None or entry["servedAtMs"] < known["servedAtMs"]):
                    forecasts[entry["asOfMs"]] = entry
            before = page["nextBeforeMs"]
            if before is None or before <= first_ms:
                break
        logger.info("%s: %d forecasts in the ledger", pair, len(forecasts))
        return forecasts

    def _get(self, path: str):
        """The JSON of an answer; None, and a pause, where there is none."""
        request = urllib.request.Request(self.tradeai_url + path, headers={"accept": "application/json"})
        if self.tradeai_token:
            request.add_header("authorization", f"Bearer {self.tradeai_token}")
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            # The server lives and has said why: a model there is none of, a wrong token, no forecast yet.
            logger.warning("%s: status %s: %s", path, error.code, _message_of(error))
        except (OSError, ValueError) as error:
            self._paused_until = time.monotonic() + PAUSE_SECONDS
            logger.warning("%s: no answer (%s); asking again in %d s", path, error, PAUSE_SECONDS)
        return None

    def model_name(self, pair: str) -> str:
        """BTC/USDT is BTCUSDT, and BTCUSDT_4h at four hours. Override it for models with other names."""
        symbol = pair.split(":")[0].replace("/", "")
        return symbol if self.timeframe == DEFAULT_INTERVAL else f"{symbol}_{self.timeframe}"

    def _is_due(self, close_time_ms: int) -> bool:
        """Whether the forecast of a candle should be there by now."""
        return not self._is_live() or time.time() * 1_000 > close_time_ms + GRACE_SECONDS * 1_000

    def _is_live(self) -> bool:
        return self.config["runmode"].value in ("live", "dry_run")


def _is_stale(forecast: dict) -> bool:
    """Whether it speaks of the past: the candle it is about has closed, or the next forecast is overdue."""
    now_ms = time.time() * 1_000
    return now_ms >= forecast["targetTimeMs"] or now_ms >= forecast.get("expiresAtMs", math.inf)


def _to_ms(date) -> int:
    """Freqtrade's dates are the open times of candles, as timestamps with a time zone."""
    return round(date.timestamp() * 1_000)


def _message_of(error: urllib.error.HTTPError) -> str:
    try:
        return json.load(error)["error"]["message"]
    except (OSError, ValueError, KeyError, TypeError):
        return error.reason
