/** Hands `blob` to the browser as a download. */
export function download(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // Some browsers read the blob only after the click has been handled.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A file name that every system takes, from a title. */
export function fileName(title: string, ending: string): string {
  const plain = title.normalize("NFC").replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "").slice(0, 60);
  return `${plain === "" ? "quiz" : plain.toLowerCase()}.${ending}`;
}

/** Largest file that is sent for import; a quiz of 200 questions stays far below. */
export const IMPORT_MAX_BYTES = 2 * 1024 * 1024;

/** How a file is sent, by the end of its name; null if it is neither JSON nor CSV. */
export function importType(name: string): "application/json" | "text/csv" | null {
  const lower = name.toLowerCase();
  if (lower.endsWith(".json")) return "application/json";
  return lower.endsWith(".csv") ? "text/csv" : null;
}
