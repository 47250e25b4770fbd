// Where a view begins, for whoever works without a pointer: what is the same on every page is passed by, and a view that takes the
// place of another one has the focus that went with it.

let elsewhere = false;

/** Puts the focus at the beginning of the view. */
export function toContent(): void {
  const content = document.getElementById('content');
  if (!content) return;
  content.tabIndex = -1;
  content.focus({ preventScroll: true });
}

/** Another view was asked for. The first one leaves the focus where the browser has it: at the top of the page. */
export function movedOn(): void {
  elsewhere = true;
  found();
}

/** A view is there. What has the focus by its own doing keeps it. */
export function found(): void {
  if (elsewhere && document.activeElement === document.body) toContent();
}
