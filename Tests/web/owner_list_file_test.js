import assert from "node:assert/strict";
import { rowsAsCSV } from "../../Web/owner/list-file.js";

Deno.test("a file of rows has their plain figures in the shown order, and those of the previous period", () => {
  const others = { lcp: { p75: 1 }, lcp_p75: null };
  const rows = [
    { value: "/b", pageviews: 2, ...others, previous: { pageviews: 1, lcp_p75: 3 } },
    { value: "=1+1", pageviews: 5, ...others },
  ];
  assert.equal(
    rowsAsCSV("path", rows),
    [
      '"path","pageviews","lcp_p75","previous_pageviews","previous_lcp_p75"',
      '"/b",2,,1,3',
      `"'=1+1",5,,,`,
      "",
    ].join("\r\n"),
  );
});

Deno.test("a file without rows has a heading", () => {
  assert.equal(rowsAsCSV("path", []), '"path"\r\n');
});
