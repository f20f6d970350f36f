/** Length, width and height in whole millimetres, longest first. */
export type SizeMm = readonly [number, number, number];

/** A product was created or changed; the whole of it, as it stands now. */
export interface ProductUpserted {
  readonly type: "ProductUpserted";
  readonly sku: string;
  readonly name: string;
  readonly priceMinor: number;
  readonly currency: string;
  readonly weightGrams: number;
  /** 1 % is 100. */
  readonly taxBasisPoints: number;
  /** Of one unit, as it is packed; absent where nobody measured. */
  readonly sizeMm?: SizeMm;
}

export type ProductEvent = ProductUpserted;
