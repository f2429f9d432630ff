/** How much a site may keep, and keeps. */
export const estimate = () => navigator.storage?.estimate?.();

/**
 * Whether it can be written to; even naming it may throw.
 *
 * @param {() => Storage} storage
 */
function works(storage) {
  try {
    storage().setItem("collector.probe", "1");
    storage().removeItem("collector.probe");
    return true;
  } catch {
    return false;
  }
}

function hasIndexedDB() {
  try {
    return Boolean(globalThis.indexedDB);
  } catch {
    return false;
  }
}

/** Which storages a browser offers. Each is tested by writing, which causes storage events in other tabs of the site. */
export async function storage() {
  const manager = navigator.storage;
  const space = await estimate();
  return {
    quota: space?.quota ?? null,
    usage: space?.usage ?? null,
    persisted: (await manager?.persisted?.()) ?? null,
    localStorage: works(() => localStorage),
    sessionStorage: works(() => sessionStorage),
    indexedDB: hasIndexedDB(),
    cookies: navigator.cookieEnabled,
  };
}
