import { useEffect, useState } from "react";
import { flushSync } from "react-dom";
import { applyTheme } from "../../theme";

/** Whether the page is being put on paper right now; paper gets the light colours. */
export function usePrinting(): boolean {
  const [printing, setPrinting] = useState(false);
  useEffect(() => {
    const before = (): void => {
      document.documentElement.dataset["theme"] = "light";
      // The browser takes its picture as soon as this returns.
      flushSync(() => setPrinting(true));
    };
    const after = (): void => {
      applyTheme();
      setPrinting(false);
    };
    window.addEventListener("beforeprint", before);
    window.addEventListener("afterprint", after);
    return () => {
      window.removeEventListener("beforeprint", before);
      window.removeEventListener("afterprint", after);
    };
  }, []);
  return printing;
}
