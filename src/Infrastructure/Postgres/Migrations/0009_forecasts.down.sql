DROP TABLE forecaster_scores;
DROP TABLE forecasts;
DROP TABLE events;
