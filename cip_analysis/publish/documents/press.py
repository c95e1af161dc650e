"""The press: one HTML page printed as a tagged PDF. It runs in a process of its own, and so loads nothing it can spare.

python -m cip_analysis.publish.documents.press FOLDER     # FOLDER/printed.html becomes FOLDER/printed.pdf
"""

from __future__ import annotations

import gc
import hashlib
import io
import sys
from pathlib import Path

SOURCE, MADE = "printed.html", "printed.pdf"
STYLE = Path(__file__).with_name("printed.css")
BASE = "pack:///"
NO_LIBRARY = 3


def print_page(workplace: Path) -> int:
    """The page in the workplace, printed beside it. The number returned says how it ended: 0, or NO_LIBRARY.

    The pictures are reached by names that are the same in every workplace, and nothing else is reached at all.
    """
    try:
        from weasyprint import CSS, HTML
        from weasyprint.urls import URLFetcherResponse
    except (OSError, ImportError):
        return NO_LIBRARY

    def _fetch(url: str) -> URLFetcherResponse:
        """A picture of the workplace, by the last part of its address."""
        return URLFetcherResponse(url, _unpacked(workplace / Path(url).name), {"Content-Type": "image/png"})

    gc.disable()  # the process ends with the page, and looking for rubbish takes a fifth of its time
    page = (workplace / SOURCE).read_text(encoding="utf-8")
    HTML(string=page, base_url=BASE, url_fetcher=_fetch).write_pdf(
        workplace / MADE,
        stylesheets=[CSS(filename=str(STYLE))],
        pdf_variant="pdf/ua-1",
        pdf_tags=True,
        pdf_identifier=hashlib.sha256(page.encode()).hexdigest()[:32].encode(),
    )
    return 0


def _unpacked(picture: Path) -> bytes:
    """A picture in full colours, hardly packed: a palette would be unfolded and packed twice over."""
    from PIL import Image

    given = io.BytesIO()
    with Image.open(picture) as opened:
        opened.convert("RGB").save(given, format="png", compress_level=1)
    return given.getvalue()


if __name__ == "__main__":
    sys.exit(print_page(Path(sys.argv[1])))
