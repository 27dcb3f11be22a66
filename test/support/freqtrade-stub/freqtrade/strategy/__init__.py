"""As much of Freqtrade's interface (version 3) as the strategy of the examples uses: https://docs.freqtrade.io/en/stable/strategy-callbacks/"""


class IStrategy:
    def __init__(self, config: dict) -> None:
        self.config = config
