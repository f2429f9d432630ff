// Nodes as the browser knows them. A form control named "id" hides the id of its form, and an image named "title" the title of
// the document: so properties are read from the prototypes.

/** @param {any} prototype @param {string} name @param {any} node @returns {any} */
export const propertyOf = (prototype, name, node) => Object.getOwnPropertyDescriptor(prototype, name)?.get?.call(node);

/** @param {string} name of a property of the document */
export const ofDocument = (name) => propertyOf(Document.prototype, name, document);
