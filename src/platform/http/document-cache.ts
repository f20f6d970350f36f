import type { DocumentNode } from "graphql";

/** Parsed trees take many times their text, so both the count and the text's length are bounded. */
const documentsMax = 1_000;
const charactersMax = 1_000_000;
const documentCharactersMax = 32_768;

/** Documents that were parsed and found valid; the ones used longest ago go first. Fits Apollo's `documentStore`. */
export class DocumentCache {
  readonly #documents = new Map<string, DocumentNode>();
  #characters = 0;

  find(key: string): DocumentNode | undefined {
    const document = this.#documents.get(key);
    if (document && this.#documents.size > documentsMax / 2) {
      this.#documents.delete(key);
      this.#documents.set(key, document);
    }
    return document;
  }

  keep(key: string, document: DocumentNode): void {
    const size = sizeOf(document);
    if (size > documentCharactersMax || this.#documents.has(key)) return;
    for (const [oldest, leaving] of this.#documents) {
      if (this.#documents.size < documentsMax && this.#characters + size <= charactersMax) break;
      this.#documents.delete(oldest);
      this.#characters -= sizeOf(leaving);
    }
    this.#documents.set(key, document);
    this.#characters += size;
  }

  get(key: string): Promise<DocumentNode | undefined> {
    return Promise.resolve(this.find(key));
  }

  set(key: string, document: DocumentNode): Promise<void> {
    this.keep(key, document);
    return Promise.resolve();
  }

  delete(key: string): Promise<boolean> {
    const document = this.#documents.get(key);
    if (document) this.#characters -= sizeOf(document);
    return Promise.resolve(this.#documents.delete(key));
  }
}

function sizeOf(document: DocumentNode): number {
  return document.loc?.source.body.length ?? documentCharactersMax;
}
