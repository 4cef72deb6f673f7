mod exact;
mod small;
