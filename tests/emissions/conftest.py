"""Makes the generator of the synthetic tree of MEIC importable for the tests and the benchmark."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
