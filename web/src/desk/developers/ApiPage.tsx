import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, errorText } from "../../api/client";
import { Page } from "../../shell/Page";
import { Button } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import { EmptyState, ErrorState, Skeleton } from "../../ui/Surfaces";
import { TextField } from "../../ui/TextField";
import { t } from "../../words/words";
import desk from "../desk.module.css";
import { download } from "../files";
import { byTag, fieldsOf, operationsOf, search, shapeId, shapeOf, type Document } from "./openapi";
import { OperationDetails } from "./OperationDetails";
import { ShapeName } from "./ShapeName";
import styles from "./developers.module.css";

const DOCUMENT = "/api/v1/openapi.json";

/**
 * `/developers/api`: the server's OpenAPI document, browsed. Drawn by this app, because the usual viewer's package
 * reports every installation to a third party and brings more script than all other pages together.
 */
export default function ApiPage() {
  return (
    <Page title={t("api.title")} width="normal">
      <Loaded />
    </Page>
  );
}

function Loaded() {
  const document = useQuery({ queryKey: ["openapi"], queryFn: ({ signal }) => api<Document>(DOCUMENT, { signal }), staleTime: Infinity });
  if (document.isPending) return <Skeleton lines={[44, 72, 320]} />;
  if (document.isError) return <ErrorState title={t("api.problem")} hint={errorText(document.error)} onRetry={() => void document.refetch()} />;
  return <Browser document={document.data} />;
}

function Browser({ document }: { document: Document }) {
  const [text, setText] = useState("");
  const all = operationsOf(document);
  const found = search(all, text);
  const wanted = text.trim().toLowerCase();
  // A link to a shape works while its operation was searched for: then all shapes stay.
  const named = Object.entries(document.components?.schemas ?? {});
  const fitting = named.filter(([name]) => name.toLowerCase().includes(wanted));
  const shapes = found.length > 0 ? named : fitting;
  return (
    <>
      <div className={desk.head}>
        <div className={styles.title}>
          <h1>{t("api.title")}</h1>
          <p className={desk.soft}>
            {t("api.lead")} {document.info?.version !== undefined && t("api.version", { version: document.info.version })}
          </p>
        </div>
        <Button tone="outline" onPress={() => download(new Blob([JSON.stringify(document, null, 2)], { type: "application/json" }), "openapi.json")}>
          <Icon name="download" /> {t("api.download")}
        </Button>
      </div>
      {all.length === 0 ? (
        <EmptyState icon="search" title={t("api.empty")} />
      ) : (
        <TextField label={t("api.search")} type="search" value={text} onChange={setText} />
      )}
      {all.length > 0 && found.length === 0 && shapes.length === 0 && <p className={styles.none}>{t("api.none")}</p>}
      {byTag(found).map(([tag, operations]) => (
        <section key={tag} className={styles.group} aria-label={tag}>
          {tag !== "" && <h2 className={styles.tag}>{tag}</h2>}
          {operations.map((operation) => (
            <OperationDetails key={operation.id} operation={operation} />
          ))}
        </section>
      ))}
      {shapes.length > 0 && (
        <section className={styles.group} aria-labelledby="shapes">
          <h2 id="shapes" className={styles.tag}>
            {t("api.schemas")}
          </h2>
          {shapes.map(([name, schema]) => {
            const fields = fieldsOf(schema);
            return (
              <details key={name} id={shapeId(name)} className={styles.item}>
                <summary className={styles.summary}>
                  <code className={styles.path}>{name}</code>
                </summary>
                <div className={styles.body}>
                  {schema.description !== undefined && <p>{schema.description}</p>}
                  {fields.length === 0 ? (
                    <ShapeName shape={shapeOf(schema)} />
                  ) : (
                    <dl className={styles.fields}>
                      {fields.map((field) => (
                        <div key={field.name}>
                          <dt>
                            <code>{field.name}</code> {field.required && <span className={desk.pill}>{t("api.required")}</span>}
                          </dt>
                          <dd>
                            <ShapeName shape={field.shape} />
                            {field.description !== "" && <span className={desk.soft}> {field.description}</span>}
                          </dd>
                        </div>
                      ))}
                    </dl>
                  )}
                </div>
              </details>
            );
          })}
        </section>
      )}
    </>
  );
}
