// Small pictures of all pages, loaded as they come into view.

import { el, setAttribute } from "../dom.js";
import { t } from "../i18n.js";

/** Makes the strip: `{node, update(total, pages, current, matches)}`; `linkTo(n)`, `open(n)` and `imageAt(n, rotation)` are the viewer's. */
export function thumbnails({ linkTo, open, imageAt }) {
  const node = el("nav", { class: "thumbnails", id: "thumbnails", "aria-label": t("viewer.pages") });
  const items = [];
  let at = 0;

  function make(n) {
    const image = el("img", { loading: "lazy", decoding: "async", alt: "" });
    image.addEventListener("error", () => image.removeAttribute("src"));
    const frame = el("span", { class: "thumbnail-frame" }, image);
    const link = el(
      "a",
      {
        class: "thumbnail",
        href: linkTo(n),
        "aria-label": t("pageNumber", { n }),
        data: { page: n },
        on: {
          click: (event) => {
            if (event.ctrlKey || event.metaKey || event.shiftKey) return;
            event.preventDefault();
            open(n);
          },
        },
      },
      frame,
      el("span", { class: "thumbnail-number", text: n }),
    );
    return { link, image, frame };
  }

  return {
    node,
    update(total, pages, current, matches) {
      node.hidden = total < 2;
      if (node.hidden) return;
      while (items.length < total) {
        items.push(make(items.length + 1));
        node.append(items.at(-1).link);
      }
      items.forEach(({ link, image, frame }, index) => {
        const page = pages.get(index + 1);
        if (page?.width_pt && image.dataset.turned !== String(page.rotation)) {
          frame.style.aspectRatio = `${page.width_pt} / ${page.height_pt}`;
          image.dataset.turned = page.rotation;
          image.src = imageAt(index + 1, page.rotation);
        }
        setAttribute(link, "data-state", page?.state ?? "waiting");
        setAttribute(link, "data-matches", matches.has(index + 1) ? "yes" : null);
        setAttribute(link, "aria-current", index + 1 === current ? "page" : null);
      });
      if (at !== current) items[current - 1]?.link.scrollIntoView({ block: "nearest", inline: "nearest" });
      at = current;
    },
  };
}
