/** Hashes in a few bytes each: they tell of hundreds of millions which were seen before, and where. */

/**
 * Remembers the first 8 bytes of sha256 digests, and a number with each. Two of n entries share them by chance with a
 * probability of n² / 2⁶⁵: for a hundred million images, three in ten thousand. An entry takes at most 48 bytes.
 */
export class FingerprintMap {
  size = 0;
  #slots = new BigUint64Array(1 << 10);
  #values = new Uint32Array(1 << 10);

  /** @param digest at least 8 bytes */
  get(digest: Uint8Array): number | undefined {
    const slot = slotOf(this.#slots, fingerprint(digest));
    return this.#slots[slot] === 0n ? undefined : this.#values[slot];
  }

  /** @param value 0 … 2³² − 1 */
  set(digest: Uint8Array, value: number): void {
    const slot = slotOf(this.#slots, fingerprint(digest));
    if (this.#slots[slot] === 0n) this.size++;
    this.#slots[slot] = fingerprint(digest);
    this.#values[slot] = value;
    if (this.size * 2 > this.#slots.length) this.#grow();
  }

  #grow(): void {
    const [slots, values] = [this.#slots, this.#values];
    this.#slots = new BigUint64Array(slots.length * 2);
    this.#values = new Uint32Array(slots.length * 2);
    slots.forEach((value, i) => {
      if (value === 0n) return;
      const slot = slotOf(this.#slots, value);
      this.#slots[slot] = value;
      this.#values[slot] = values[i];
    });
  }
}

/** A set of them, at most 32 bytes an entry. */
export class Fingerprints {
  size = 0;
  #slots = new BigUint64Array(1 << 10);

  /** @param digest at least 8 bytes @returns whether it is new */
  add(digest: Uint8Array): boolean {
    const slot = slotOf(this.#slots, fingerprint(digest));
    if (this.#slots[slot] !== 0n) return false;
    this.#slots[slot] = fingerprint(digest);
    this.size++;
    if (this.size * 2 > this.#slots.length) this.#grow();
    return true;
  }

  has(digest: Uint8Array): boolean {
    return this.#slots[slotOf(this.#slots, fingerprint(digest))] !== 0n;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new BigUint64Array(old.length * 2);
    for (const value of old) if (value !== 0n) this.#slots[slotOf(this.#slots, value)] = value;
  }
}

/** The slot that holds a value, or the free slot for it. A digest's bits are as good as random: no further hashing. */
function slotOf(slots: BigUint64Array, value: bigint): number {
  const mask = slots.length - 1;
  for (let slot = Number(value & BigInt(mask)); ; slot = (slot + 1) & mask) {
    if (slots[slot] === 0n || slots[slot] === value) return slot;
  }
}

/** The first 8 bytes as a number. 0 marks an empty slot, so 1 stands for it. */
function fingerprint(digest: Uint8Array): bigint {
  return new DataView(digest.buffer, digest.byteOffset).getBigUint64(0) || 1n;
}
