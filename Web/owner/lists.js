// Lists of values: a card for each theme.

import { chosenTab, dimensionsOf, ListCard, listQuery } from "./list-card.js";
import { isMap, LocationCard, locationDimensions, mapRequest } from "./locations.js";
import { report } from "./reports.js";

/** @type {(import("./list-card.js").Theme & {card?: typeof ListCard})[]} */
const THEMES = [
  {
    title: "Sources",
    width: "half",
    tabs: [["channel", "Channels"], ["referrer", "Referrers"], ["campaign", "Campaigns"]],
    more: {
      label: "UTM",
      tabs: [
        ["utm_source", "UTM source"],
        ["utm_medium", "UTM medium"],
        ["utm_term", "UTM term"],
        ["utm_content", "UTM content"],
      ],
    },
  },
  {
    title: "Pages",
    width: "half",
    tabs: [["path", "Top"], ["entry", "Entry"], ["exit", "Exit"], ["not_found", "Not found"]],
  },
  {
    title: "Locations",
    width: "half",
    tabs: [["map", "Map"], ["country", "Countries"], ["region", "Regions"], ["city", "Cities"]],
    card: LocationCard,
    listed: locationDimensions,
    isApart: isMap,
  },
  {
    title: "Devices",
    width: "half",
    tabs: [["browser", "Browsers"], ["system", "Systems"], ["device", "Devices"], ["screen", "Screens"]],
  },
  { title: "Events", width: "third", tabs: [["event", "Events"]] },
  { title: "Languages", width: "third", tabs: [["language", "Languages"]] },
  { title: "Releases", width: "third last", tabs: [["release", "Releases"]] },
];

/** Whether the open tab of a theme has a report of its own. @param {import("./list-card.js").Theme} theme */
const isApart = (theme) => Boolean(theme.isApart?.(chosenTab(theme)));

/** The lists of the open tabs. @returns {import("./reports.js").Request} */
export const listsRequest = () => [
  "breakdowns",
  listQuery([...new Set(THEMES.filter((theme) => !isApart(theme)).flatMap(dimensionsOf))]),
];

/** The reports of the open tabs that have one of their own. @returns {import("./reports.js").Request[]} */
export const apartRequests = () => THEMES.some(isApart) ? [mapRequest()] : [];

/**
 * The cards of all themes, and a function that shows the figures of their open tabs.
 *
 * @param {AbortSignal} signal of the view
 */
export function listCards(signal) {
  const cards = THEMES.map(({ card = ListCard, ...theme }) => new card(theme, signal));
  const show = async () => {
    const together = cards.filter(({ theme }) => !isApart(theme));
    for (const one of cards) if (!together.includes(one)) one.load();
    try {
      const { dimensions } = await report(listsRequest(), signal);
      for (const one of together) if (!one.loading) one.draw(dimensions);
    } catch (error) {
      if (signal.aborted) return;
      for (const one of together) if (!one.loading) one.fail(error);
    }
  };
  return { elements: cards.map(({ element }) => element), show };
}
