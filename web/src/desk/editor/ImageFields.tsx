import { useState } from "react";
import type { Image } from "../../api/types";
import { Button, IconButton } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import { TextField } from "../../ui/TextField";
import { t } from "../../words/words";
import { isPictureAddress } from "./validate";
import styles from "./editor.module.css";

interface ImageFieldsProps {
  image: Image | null;
  faultAt: (part: "url" | "alt") => string | undefined;
  /** `part` is null for adding and removing. */
  onChange: (image: Image | null, part: "url" | "alt" | null) => void;
  /** Names the button that adds a picture, where several stand on a page. */
  addLabel?: string;
  /** Only a small button until there is a picture, and fewer words after. */
  compact?: boolean;
}

/** A picture by address, with a look at it and words for those who cannot see it. */
export function ImageFields({ image, faultAt, onChange, addLabel = t("editor.image.add"), compact = false }: ImageFieldsProps) {
  if (image === null) {
    const add = (): void => onChange({ url: "", alt: "" }, null);
    if (compact) {
      return (
        <IconButton label={addLabel} onPress={add}>
          <Icon name="image" />
        </IconButton>
      );
    }
    return (
      <div>
        <Button tone="outline" onPress={add}>
          <Icon name="image" /> {addLabel}
        </Button>
      </div>
    );
  }
  return (
    <div className={styles.image} role="group" aria-label={t("editor.image")}>
      <Thumb key={image.url} url={image.url} />
      <div className={styles.imageFields}>
        <TextField label={t("editor.image.url")} hint={compact ? undefined : t("editor.image.url.hint")} value={image.url} fault={faultAt("url")} inputMode="url" onChange={(url) => onChange({ ...image, url: url.trim() }, "url")} />
        <TextField label={t("editor.image.alt")} hint={compact ? undefined : t("editor.image.alt.hint")} value={image.alt} fault={faultAt("alt")} onChange={(alt) => onChange({ ...image, alt }, "alt")} />
      </div>
      <IconButton label={t("editor.image.remove")} onPress={() => onChange(null, null)}>
        <Icon name="trash" />
      </IconButton>
    </div>
  );
}

function Thumb({ url }: { url: string }) {
  const [broken, setBroken] = useState(false);
  if (!isPictureAddress(url)) return <div className={styles.thumb} aria-hidden="true" />;
  return <div className={styles.thumb}>{broken ? <p role="status">{t("editor.image.broken")}</p> : <img src={url} alt="" onError={() => setBroken(true)} />}</div>;
}
