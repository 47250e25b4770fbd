// What people call the types of plates.
import type { SchemaPlateType } from '../api/schema';

export const plateTypes: Record<SchemaPlateType, string> = {
  commercial: 'Truck or bus',
  apportioned: 'Apportioned (IRP)',
  trailer: 'Trailer',
  motorcycle: 'Motorcycle',
  government: 'Government',
  dealer: 'Dealer',
  temporary: 'Temporary',
  personalised: 'Personalised',
  specialty: 'Special design',
  passenger: 'Passenger car',
};

/** In the order in which a key goes through them: what matters most to whom it belongs comes first. */
export const PLATE_TYPES = Object.keys(plateTypes) as SchemaPlateType[];
