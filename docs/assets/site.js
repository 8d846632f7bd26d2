// A picture gets a frame, so that phones can scroll it: an inline picture cannot scroll by itself.
for (const picture of document.querySelectorAll('.md-typeset svg[role="img"]')) {
  const frame = document.createElement("div");
  frame.className = "picture";
  frame.tabIndex = 0; // keys scroll it, too
  picture.replaceWith(frame);
  frame.append(picture);
}

// What the theme leaves without a name gets one, for those who hear the page.
document.querySelector('.md-search[role="dialog"]')?.setAttribute("aria-label", "Search");
