/** The browser's own object, which goes on telling of changes; nothing where there is none. @returns {Promise<any> | undefined} */
export const openBattery = () => /** @type {any} */ (navigator).getBattery?.();
