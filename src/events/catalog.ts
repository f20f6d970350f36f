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
}

export type ProductEvent = ProductUpserted;
