import { facts, h } from "../../kit/dom.js";
import { yesNo } from "../../kit/format.js";
import { openBattery } from "../../signals/battery.js";

/** @param {any} manager */
const read = (manager) => ({
  level: Math.round(manager.level * 100),
  charging: manager.charging,
  chargingTime: Number.isFinite(manager.chargingTime) ? manager.chargingTime : null,
  dischargingTime: Number.isFinite(manager.dischargingTime) ? manager.dischargingTime : null,
});

/** @param {number | null} seconds */
const minutes = (seconds) => seconds === null ? null : `${Math.round(seconds / 60)} min`;

/** @type {any} */
let manager;

/** @type {import("./types.js").Collector} */
export default {
  name: "battery",
  tab: "overview",
  title: "Battery",
  width: "third",
  async collect() {
    manager = await openBattery();
    return manager ? read(manager) : null;
  },
  contribute(value, payload) {
    payload.battery = value;
  },
  render(value, element) {
    const fill = h("i", {});
    fill.style.inlineSize = `${value.level}%`;
    const left = value.charging ? value.chargingTime : value.dischargingTime;
    element.replaceChildren(
      h(
        "p",
        { class: "figure" },
        `${value.level} %`,
        h("small", { text: value.charging ? " charging" : " discharging" }),
      ),
      h("div", { class: "meter", "aria-hidden": "true" }, fill),
      facts([
        ["Charging", yesNo(value.charging)],
        [
          value.charging ? "Until full" : "Until empty",
          value.level === 100 && value.charging ? "full already" : minutes(left),
        ],
      ]),
    );
  },
  watch(update) {
    for (const name of ["levelchange", "chargingchange"]) manager?.addEventListener(name, () => update(read(manager)));
  },
};
