import { toDecimalString } from "../../kernel/money.js";
import type { Destination, ParcelSize } from "./courier-port.js";
import type { EasyPostShipment } from "./easypost-answers.js";

/** Where parcels are sent from. */
export interface EasyPostSender extends Destination {
  /** Needed in countries that have them, e.g. `CA`. */
  readonly state?: string;
}

/** What is declared for a parcel that crosses a border: the same for all of them, as the port knows no goods. */
export interface EasyPostCustoms {
  /** Who vouches for it. */
  readonly signer: string;
  readonly description: string;
  /** Harmonized System code. */
  readonly hsTariffNumber: string;
  /** ISO 3166-1 alpha-2. */
  readonly originCountry: string;
  /** Declared value of a parcel in the shop's currency. */
  readonly valueMinor: number;
}

export interface EasyPostOrigin {
  readonly from: EasyPostSender;
  /** The shop's currency, ISO 4217: that of rates, where a carrier has it, and of cash on delivery. */
  readonly currency: string;
  /** Absent: nothing is declared, and what needs it finds no rates. */
  readonly customs?: EasyPostCustoms;
  /** EasyPost's ids of the carrier accounts to ask; absent asks all. */
  readonly carrierAccounts?: readonly string[];
}

export interface ShipmentWish {
  /** Absent for a mere question of price. */
  readonly reference?: string;
  readonly parcel: ParcelSize;
  /** A parcel that EasyPost knows already. */
  readonly parcelId?: string | null | undefined;
  readonly destination: Destination;
  readonly cashOnDeliveryMinor?: number | undefined;
}

const gramsOfOunce = 28.349523125;
const millimetresOfInch = 25.4;

/** Body of `POST /v2/shipments`. */
export function shipmentBody({ from, currency, customs, carrierAccounts }: EasyPostOrigin, wish: ShipmentWish): object {
  const { reference, parcel, parcelId, destination, cashOnDeliveryMinor } = wish;
  const ounces = inTenths(parcel.weightGrams / gramsOfOunce);
  return {
    shipment: {
      ...(reference !== undefined && { reference }),
      from_address: { ...addressOf(from), ...(from.state !== undefined && { state: from.state }) },
      to_address: addressOf(destination),
      parcel: parcelId ? { id: parcelId } : { weight: ounces, ...lengthsOf(parcel) },
      ...(customs && destination.country !== from.country && { customs_info: customsOf(customs, ounces, currency) }),
      options: {
        currency,
        ...(cashOnDeliveryMinor && { cod_amount: toDecimalString({ amountMinor: cashOnDeliveryMinor, currency }), cod_method: "CASH" }),
      },
      ...(carrierAccounts && { carrier_accounts: carrierAccounts }),
    },
  };
}

/** EasyPost keeps tenths of ounces and inches. Upwards: what is declared too small is charged for later. */
function inTenths(value: number): number {
  return Math.max(1, Math.ceil(Number((value * 10).toFixed(6)))) / 10;
}

function lengthsOf({ sizeMm }: ParcelSize): object {
  if (!sizeMm) return {};
  const [length, width, height] = sizeMm.map((millimetres) => inTenths(millimetres / millimetresOfInch));
  return { length, width, height };
}

function addressOf({ name, street, city, postalCode, country, phone, email }: Destination): object {
  return { name, street1: street, city, zip: postalCode, country, ...(phone !== undefined && { phone }), ...(email !== undefined && { email }) };
}

function customsOf({ signer, description, hsTariffNumber, originCountry, valueMinor }: EasyPostCustoms, weight: number, currency: string): object {
  const value = toDecimalString({ amountMinor: valueMinor, currency });
  return {
    customs_certify: true, customs_signer: signer, contents_type: "merchandise", restriction_type: "none", non_delivery_option: "return",
    customs_items: [{ description, quantity: 1, weight, value, currency, hs_tariff_number: hsTariffNumber, origin_country: originCountry }],
  };
}

/** Whether a shipment that was made before goes to the same door; a carrier's spelling of it may differ. */
export function goesTo({ to_address }: EasyPostShipment, { street, city, postalCode, country }: Destination): boolean {
  if (!to_address) return false;
  const there = [to_address.street1, to_address.city, to_address.zip, to_address.country].map(plain);
  return [street, city, postalCode, country].every((part, place) => plain(part) === there[place]);
}

function plain(text: string | null | undefined): string {
  return (text ?? "").normalize("NFKD").replace(/[^\p{Letter}\p{Number}]/gu, "").toUpperCase();
}
