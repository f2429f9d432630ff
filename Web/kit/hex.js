/** Hexadecimal digits of a whole number. @param {number} value @param {number} digits */
export const hex = (value, digits) => value.toString(16).padStart(digits, "0");
