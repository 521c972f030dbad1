// What core uses of the platform beyond the language: present in Node, browsers and workers alike.
declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>;
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean });
  decode(bytes: Uint8Array): string;
}
declare const performance: {
  /** Milliseconds from some fixed moment. */
  now(): number;
};
/** Bytes as characters, from base64. */
declare function atob(base64: string): string;
