DROP TABLE refused_orders;
DROP TABLE order_lines;
DROP TABLE orders;
DROP FUNCTION check_order_change();
DROP TABLE order_owners;
DROP TABLE products;
DROP TABLE currencies;
