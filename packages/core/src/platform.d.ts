// The platform beyond the language, as far as core uses it: the same in Node, browsers and workers.
declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>;
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean });
  decode(bytes: Uint8Array): string;
}
declare const performance: {
  /** Milliseconds since a fixed moment. */
  now(): number;
};
/** Base64 to characters, one a byte. */
declare function atob(base64: string): string;
/** Characters, one a byte, to base64. */
declare function btoa(bytes: string): string;
