// Nodes as the browser knows them. A form control named "id" hides the id of its form, and an image named "title" the title of
// the document: so properties are read from the prototypes.

/** @param {any} prototype @param {string} name @param {any} node @returns {any} */
export const propertyOf = (prototype, name, node) => Object.getOwnPropertyDescriptor(prototype, name)?.get?.call(node);

/**
 * A property of the document; read from the document itself unless it has one of its own under that name. The first look-up
 * of a property in a prototype is slow.
 *
 * @param {string} name
 */
export const ofDocument = (name) =>
  Object.getOwnPropertyDescriptor(document, name)
    ? propertyOf(Document.prototype, name, document)
    : /** @type {any} */ (document)[name];
