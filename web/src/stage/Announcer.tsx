/** Reads `text` to screen readers whenever it changes. One per screen, always mounted. */
export function Announcer({ text }: { text: string }) {
  return (
    <p className="visually-hidden" role="status" aria-live="polite">
      {text}
    </p>
  );
}
