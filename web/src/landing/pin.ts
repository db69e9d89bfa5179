export const PIN_LENGTH = 6;

/** The digits of what was typed or pasted, such as "123 456" or "PIN: 123-456"; also digits of other scripts. */
export function pinDigits(text: string): string {
  const digits = text.normalize("NFKC").replace(/[٠-٩]/g, (d) => String(d.charCodeAt(0) - 0x660)).replace(/[۰-۹]/g, (d) => String(d.charCodeAt(0) - 0x6f0));
  return digits.replace(/\D/g, "").slice(0, PIN_LENGTH);
}

/** Grouped by three, as people read it out. */
export function groupPin(digits: string): string {
  return digits.length > 3 ? `${digits.slice(0, 3)} ${digits.slice(3)}` : digits;
}
