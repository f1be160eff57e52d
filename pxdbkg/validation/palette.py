"""The colours of all pictures and pages: one meaning, one colour."""

from __future__ import annotations

REFERENCE, CANDIDATE = "#2b6cb0", "#d9660b"  # the two samples of a comparison, on light and on dark ground
GOOD, BAD = "#2f8f4e", "#c9302c"

# Little to much charge, by ground: what is little stays visible, what is much stands out.
CHARGE_ADU = (7, 255)
BACKGROUND_SCALE = {"light": ("#a9c4de", "#4a7fb0", "#0a2540"), "dark": ("#2d4f70", "#6fa8d8", "#eaf5ff")}
SIGNAL_SCALE = {"light": ("#ffb35c", "#e8590c", "#7a1408"), "dark": ("#a3470f", "#ff922b", "#fff0b3")}
SIGNAL_MARK = {"light": "#d9480f", "dark": "#ffa94d"}

# Of maps: how much there is, and how two samples differ (reference more: its colour, candidate more: its colour).
OCCUPANCY_SCALE = {
    "light": ("#f4f6f8", "#7fa8cf", "#1f4e79", "#071a2e"),
    "dark": ("#18212c", "#2f5d8a", "#79b4e6", "#f3faff"),
}
DIFFERENCE_SCALE = {
    "light": ("#0d3b66", "#4f8fca", "#ffffff", "#f0924c", "#8a3203"),
    "dark": ("#9cc9f5", "#2f6ca3", "#12171e", "#b9570f", "#ffc48a"),
}
NOTHING = {"light": "#ffffff00", "dark": "#12171e00"}
