DROP TABLE password_code_refusals;
DROP TABLE password_codes;
